//! The kinds of resources that decide where packets go.

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $list:literal, $id:literal;)*) => {
        /// A kind of resource, named as CloudFormation does where it has a name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Kind] = &[$(Kind::$name,)*];

            /// Its type, as `AWS::EC2::RouteTable`.
            pub fn as_str(self) -> &'static str {
                match self { $(Kind::$name => $text,)* }
            }

            /// The member of a describe answer that lists resources of this kind.
            pub fn list_name(self) -> &'static str {
                match self { $(Kind::$name => $list,)* }
            }

            /// The member that holds the id.
            pub fn id_name(self) -> &'static str {
                match self { $(Kind::$name => $id,)* }
            }
        }
    };
}

kinds! {
    /// A VPC.
    Vpc = "AWS::EC2::VPC", "Vpcs", "VpcId";
    /// A subnet.
    Subnet = "AWS::EC2::Subnet", "Subnets", "SubnetId";
    /// A route table, with its routes and associations.
    RouteTable = "AWS::EC2::RouteTable", "RouteTables", "RouteTableId";
    /// A network interface.
    Interface = "AWS::EC2::NetworkInterface", "NetworkInterfaces", "NetworkInterfaceId";
    /// An instance.
    Instance = "AWS::EC2::Instance", "Instances", "InstanceId";
    /// An internet gateway.
    InternetGateway = "AWS::EC2::InternetGateway", "InternetGateways", "InternetGatewayId";
    /// An egress-only internet gateway.
    EgressOnlyGateway = "AWS::EC2::EgressOnlyInternetGateway", "EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId";
    /// A NAT gateway.
    NatGateway = "AWS::EC2::NatGateway", "NatGateways", "NatGatewayId";
    /// A network ACL.
    NetworkAcl = "AWS::EC2::NetworkAcl", "NetworkAcls", "NetworkAclId";
    /// A security group with its rules.
    SecurityGroup = "AWS::EC2::SecurityGroup", "SecurityGroups", "GroupId";
    /// A prefix list with its entries.
    PrefixList = "AWS::EC2::PrefixList", "ManagedPrefixLists", "PrefixListId";
    /// A peering connection.
    Peering = "AWS::EC2::VPCPeeringConnection", "VpcPeeringConnections", "VpcPeeringConnectionId";
    /// A transit gateway.
    TransitGateway = "AWS::EC2::TransitGateway", "TransitGateways", "TransitGatewayId";
    /// What `DescribeTransitGatewayAttachments` says of an attachment of any type.
    Attachment = "AWS::EC2::TransitGatewayAttachment", "TransitGatewayAttachments", "TransitGatewayAttachmentId";
    /// What `DescribeTransitGatewayVpcAttachments` says of a VPC's attachment.
    VpcAttachment = "AWS::EC2::TransitGatewayVpcAttachment", "TransitGatewayVpcAttachments", "TransitGatewayAttachmentId";
    /// A transit gateway's route table; its body may hold `Routes` and `TransitGatewayRouteTablePropagations`.
    TransitTable = "AWS::EC2::TransitGatewayRouteTable", "TransitGatewayRouteTables", "TransitGatewayRouteTableId";
    /// A VPC endpoint.
    Endpoint = "AWS::EC2::VPCEndpoint", "VpcEndpoints", "VpcEndpointId";
    /// A virtual private gateway.
    VpnGateway = "AWS::EC2::VPNGateway", "VpnGateways", "VpnGatewayId";
    /// A VPN connection.
    VpnConnection = "AWS::EC2::VPNConnection", "VpnConnections", "VpnConnectionId";
    /// An Elastic IP address, by its allocation id.
    Address = "AWS::EC2::EIP", "Addresses", "AllocationId";
    /// An account's Block Public Access options in a Region; the id is `ACCOUNT/REGION`.
    PublicAccessOptions = "AWS::EC2::VPCBlockPublicAccessOptions", "VpcBlockPublicAccessOptions", "AwsAccountId";
    /// An exclusion from Block Public Access.
    PublicAccessExclusion = "AWS::EC2::VPCBlockPublicAccessExclusion", "VpcBlockPublicAccessExclusions", "ExclusionId";
}

impl Kind {
    /// The kind whose type is `text`, as CloudFormation spells it.
    pub fn from_type(text: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }
}
